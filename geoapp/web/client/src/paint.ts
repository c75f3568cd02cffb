/** 打码: boxes over faces and plates, dragged with finger or mouse, or moved and set with the keyboard. */

import { byId } from "./dom";
import { t } from "./i18n";

/** Fractions of the picture: left, top, width, height. */
type Box = [number, number, number, number];

const STEP = 0.02;
const KEY_BOX = 0.12;

export function painting(): void {
  const frame = document.getElementById("paint");
  if (!frame) return;
  const image = frame.querySelector("img") as HTMLImageElement;
  const canvas = frame.querySelector("canvas") as HTMLCanvasElement;
  const boxes: Box[] = [];
  let begun: [number, number] | null = null;
  let now: Box | null = null;
  const cursor: [number, number] = [0.5, 0.5];

  const at = (event: PointerEvent): [number, number] => {
    const rect = canvas.getBoundingClientRect();
    const within = (x: number) => Math.min(1, Math.max(0, x));
    return [within((event.clientX - rect.left) / rect.width), within((event.clientY - rect.top) / rect.height)];
  };
  const draw = () => {
    canvas.width = image.clientWidth;
    canvas.height = image.clientHeight;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.fillStyle = "#1b1f24";
    for (const [x, y, w, h] of boxes) pen.fillRect(x * canvas.width, y * canvas.height, w * canvas.width, h * canvas.height);
    if (now) {
      pen.strokeStyle = "#b3261e";
      pen.lineWidth = 3;
      pen.strokeRect(now[0] * canvas.width, now[1] * canvas.height, now[2] * canvas.width, now[3] * canvas.height);
    }
    byId<HTMLInputElement>("shapes").value = JSON.stringify(boxes.map((box) => ({ kind: "rect", at: box })));
    byId<HTMLButtonElement>("unpaint").disabled = byId<HTMLButtonElement>("painted").disabled = !boxes.length;
    byId("paint-count").textContent = boxes.length ? t("已画 {n} 个框", { n: boxes.length }) : "";
  };
  const finish = () => {
    if (now && now[2] > 0.005 && now[3] > 0.005) boxes.push(now);
    begun = now = null;
    draw();
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    begun = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!begun) return;
    const [x, y] = at(event);
    now = [Math.min(x, begun[0]), Math.min(y, begun[1]), Math.abs(x - begun[0]), Math.abs(y - begun[1])];
    draw();
  });
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);
  canvas.addEventListener("keydown", (event) => {
    const moves: Record<string, [number, number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      cursor[0] = Math.min(1 - KEY_BOX, Math.max(0, cursor[0] + move[0]));
      cursor[1] = Math.min(1 - KEY_BOX, Math.max(0, cursor[1] + move[1]));
      now = [cursor[0], cursor[1], KEY_BOX, KEY_BOX];
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      finish();
    }
  });
  byId("unpaint").addEventListener("click", () => {
    boxes.pop();
    draw();
  });
  new ResizeObserver(draw).observe(image);
  if (image.complete) draw();
  else image.addEventListener("load", draw);
}
