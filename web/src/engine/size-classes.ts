/** Go's size classes, as core/heap/size_classes.h has them: the bytes of an object of each class. Class 0 is one large object a span. */
export const CLASS_BYTES: readonly number[] = [
  0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152,
  1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384,
  18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];
export const SIZE_CLASSES = CLASS_BYTES.length;
export const PAGE_BYTES = 8192;

/** Classes that are drawn in one colour, by the size of the largest object among them; large objects come last. */
export const CLASS_GROUPS: readonly { most: number; label: string }[] = [
  { most: 16, label: 'up to 16 B' }, { most: 64, label: 'to 64 B' }, { most: 256, label: 'to 256 B' }, { most: 1024, label: 'to 1 KiB' },
  { most: 4096, label: 'to 4 KiB' }, { most: 16384, label: 'to 16 KiB' }, { most: 32768, label: 'to 32 KiB' }, { most: Infinity, label: 'one large object' },
];

/** The group of each class. */
export const GROUP_OF: Uint8Array = Uint8Array.from(CLASS_BYTES, (bytes, sizeClass) =>
  sizeClass === 0 ? CLASS_GROUPS.length - 1 : CLASS_GROUPS.findIndex(({ most }) => bytes <= most),
);
