/** The marks of states on a canvas: colour and pattern together, the same in lanes, charts and the timeline. */
import type { Palette } from './theme';

export type Mark = 'running' | 'runnable' | 'waiting' | 'syscall' | 'gc' | 'assist' | 'stw';
export type MarkFills = Record<Mark, string | CanvasPattern>;

const TILE = 6;

/** The fills made last: a pattern serves every canvas, and each costs a canvas of its own to make. */
let made: { palette: Palette; ratio: number; fills: MarkFills } | null = null;

export function markFills(ctx: CanvasRenderingContext2D, palette: Palette, ratio: number): MarkFills {
  if (made?.palette !== palette || made.ratio !== ratio) made = { palette, ratio, fills: makeFills(ctx, palette, ratio) };
  return made.fills;
}

function makeFills(ctx: CanvasRenderingContext2D, palette: Palette, ratio: number): MarkFills {
  const tile = (paint: (tile: CanvasRenderingContext2D) => void): string | CanvasPattern => pattern(ctx, ratio, paint) ?? palette.textMuted;
  return {
    running: palette.running,
    gc: palette.gc,
    stw: palette.stw,
    runnable: tile((t) => hatch(t, palette.runnable)),
    waiting: tile((t) => {
      t.fillStyle = palette.waiting;
      t.globalAlpha = 0.18;
      t.fillRect(0, 0, TILE, TILE);
    }),
    syscall: tile((t) => {
      t.fillStyle = palette.syscall;
      for (const [x, y] of [[1.5, 1.5], [4.5, 4.5]] as const) {
        t.beginPath();
        t.arc(x, y, 1.2, 0, 7);
        t.fill();
      }
    }),
    assist: tile((t) => {
      t.fillStyle = palette.assist;
      t.fillRect(0, 0, TILE / 2, TILE);
    }),
  };
}

function hatch(tile: CanvasRenderingContext2D, colour: string): void {
  tile.strokeStyle = colour;
  tile.lineWidth = 2;
  tile.beginPath();
  for (const shift of [-TILE, 0, TILE]) {
    tile.moveTo(shift - 1, TILE + 1);
    tile.lineTo(shift + TILE + 1, -1);
  }
  tile.stroke();
}

function pattern(ctx: CanvasRenderingContext2D, ratio: number, paint: (tile: CanvasRenderingContext2D) => void): CanvasPattern | null {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.max(1, Math.round(TILE * ratio));
  const tile = canvas.getContext('2d');
  if (!tile) return null;
  const scale = canvas.width / TILE;
  tile.scale(scale, scale);
  paint(tile);
  const made = ctx.createPattern(canvas, 'repeat');
  made?.setTransform(new DOMMatrix().scale(1 / scale));
  return made;
}
