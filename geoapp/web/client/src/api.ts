/** Talking to the server: JSON in and out, and every failure as one sentence that says what to do. */

import { boot } from "./boot";
import { t } from "./i18n";

/** A failure fit to be shown; `requestId` is the number to quote to the administrator. */
export class Problem extends Error {
  constructor(
    sentence: string,
    readonly status: number,
    readonly requestId = "",
  ) {
    super(sentence);
  }
}

async function answer<T>(request: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(t("连不上服务器；请检查网络后重试，已填的内容没有丢。"), 0);
  }
  if (response.ok) return (response.status === 204 ? null : await response.json()) as T;
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as { detail?: string; message?: string; request_id?: string };
    const sentence = body.detail || body.message;
    if (sentence) return new Problem(sentence, response.status, body.request_id);
  } catch {
    // Not a problem document: a proxy answered, or the server ended in the middle of its answer.
  }
  return new Problem(t("服务器没有给出可读的答复（{status}）；请稍后重试。", { status: response.status }), response.status);
}

const HEADERS = { Accept: "application/json" };

export function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  return answer<T>(fetch(url, { headers: HEADERS, ...(signal ? { signal } : {}) }));
}

export function postJson<T>(url: string, body: unknown): Promise<T> {
  return answer<T>(
    fetch(url, {
      method: "POST",
      headers: { ...HEADERS, "Content-Type": "application/json", "X-CSRF-Token": boot.me.csrf_token },
      body: JSON.stringify(body),
    }),
  );
}

/** Sends a form with files; `progress` hears the share that has left this machine (fetch cannot tell it). */
export function postForm<T>(url: string, form: FormData, progress: (share: number) => void): Promise<T> {
  const request = new Promise<Response>((resolve, reject) => {
    const sender = new XMLHttpRequest();
    sender.open("POST", url);
    sender.setRequestHeader("Accept", "application/json");
    sender.setRequestHeader("X-CSRF-Token", boot.me.csrf_token);
    sender.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    sender.onload = () => resolve(new Response(sender.status === 204 ? null : sender.responseText, { status: sender.status }));
    sender.onerror = () => reject(new TypeError("network"));
    sender.send(form);
  });
  return answer<T>(request);
}

/** The sentence to show for anything that was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof Problem) {
    return error.requestId && error.status >= 500
      ? t("{sentence}（请求编号 {id}）", { sentence: error.message, id: error.requestId })
      : error.message;
  }
  console.error(error);
  return t("页面出了问题；请刷新后重试。");
}

export interface Job<R = unknown> {
  id: string;
  title: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: number;
  message: string;
  result: R | null;
}

/** Follows a background job until it ends; `heard` gets every state. */
export async function followJob<R>(id: string, heard: (job: Job<R>) => void): Promise<Job<R>> {
  for (let wait_ms = 150; ; wait_ms = Math.min(wait_ms * 1.4, 1500)) {
    const job = await getJson<Job<R>>(`/api/jobs/${id}`);
    heard(job);
    if (job.state !== "queued" && job.state !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
  }
}

export function cancelJob(id: string): Promise<unknown> {
  return postJson(`/api/jobs/${id}/cancel`, {});
}
