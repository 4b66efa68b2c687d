/** Rectangles of one colour, written straight into pixels: for pictures of many thousand small ones. */

/** A colour `#rrggbb` as the word that a pixel is in memory, opaque. */
export function word(colour: string): number {
  return mixed(colour, colour, 1);
}

/** `share` of one colour over another, as a pixel's word. */
export function mixed(colour: string, ground: string, share: number): number {
  const [over, under] = [parseInt(colour.slice(1), 16), parseInt(ground.slice(1), 16)];
  const part = (shift: number): number => Math.round(((over >> shift) & 0xff) * share + ((under >> shift) & 0xff) * (1 - share));
  return ((0xff << 24) | (part(0) << 16) | (part(8) << 8) | part(16)) >>> 0;
}

let kept: Pixels | null = null;

export class Pixels {
  private readonly words: Uint32Array<ArrayBuffer>;

  constructor(readonly width: number, readonly height: number, readonly ratio: number) {
    this.words = new Uint32Array(width * height);
  }

  /** Empty ones of this size; those of the picture before where they fit. */
  static of(width: number, height: number, ratio: number): Pixels {
    if (kept?.width === width && kept.height === height && kept.ratio === ratio) kept.words.fill(0);
    else kept = new Pixels(width, height, ratio);
    return kept;
  }

  /** In CSS pixels; at least one pixel of the screen, and only what lies within. */
  fill(x: number, y: number, width: number, height: number, colour: number): void {
    if (width <= 0 || height <= 0) return;
    const left = Math.max(0, Math.round(x * this.ratio));
    const top = Math.max(0, Math.round(y * this.ratio));
    const right = Math.min(this.width, Math.max(left + 1, Math.round((x + width) * this.ratio)));
    const bottom = Math.min(this.height, Math.max(top + 1, Math.round((y + height) * this.ratio)));
    for (let row = top; row < bottom; row++) this.words.fill(colour, row * this.width + left, row * this.width + right);
  }

  at(x: number, y: number): number {
    return this.words[y * this.width + x] ?? 0;
  }

  /** Onto a canvas of the same size, over whatever is there. */
  put(ctx: CanvasRenderingContext2D): void {
    ctx.putImageData(new ImageData(new Uint8ClampedArray(this.words.buffer), this.width, this.height), 0, 0);
  }
}
