/** Draws the objects of a span as cells. Shapes tell them apart without colour; letters stand in cells that have room for them. */
import type { Surface } from '../../ui/canvas';

const LETTER_PX = 14;

function cellOf(objects: number): number {
  return objects <= 256 ? 18 : objects <= 512 ? 14 : 10;
}

export function objectsHeight(width: number, objects: number): number {
  const cell = cellOf(objects);
  return Math.ceil(objects / Math.max(1, Math.floor(width / cell))) * cell + 1;
}

export function drawObjects({ ctx, width, palette }: Surface, objects: string): void {
  const cell = cellOf(objects.length);
  const columns = Math.max(1, Math.floor(width / cell));
  const size = cell - 2;
  ctx.font = `11px ${palette.mono}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (let i = 0; i < objects.length; i++) {
    const x = (i % columns) * cell;
    const y = Math.floor(i / columns) * cell;
    const letter = objects[i];
    if (letter === 'b') {
      ctx.fillStyle = palette.text;
      ctx.fillRect(x, y, size, size);
    } else if (letter === 'g') {
      ctx.fillStyle = palette.gc;
      ctx.fillRect(x, y + size / 2, size, size / 2);
      ctx.strokeStyle = palette.gc;
      ctx.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    } else if (letter === 'w') {
      ctx.strokeStyle = palette.waiting;
      ctx.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    } else {
      ctx.fillStyle = palette.lineStrong;
      ctx.fillRect(x + size / 2 - 1, y + size / 2 - 1, 2, 2);
    }
    if (cell < LETTER_PX || letter === '.' || letter === undefined) continue;
    ctx.fillStyle = letter === 'b' ? palette.bg : palette.text;
    if (letter === 'g') {
      // On its own ground: half of the cell is violet.
      ctx.fillStyle = palette.bg;
      ctx.fillRect(x + size / 2 - 4, y + 2, 8, size - 4);
      ctx.fillStyle = palette.gc;
    }
    ctx.fillText(letter, x + size / 2, y + size / 2 + 0.5);
  }
}
