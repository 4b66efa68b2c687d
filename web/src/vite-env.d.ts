/// <reference types="vite/client" />

/** The build's version, put in by vite.config.ts. */
declare const __BUILD__: string;
