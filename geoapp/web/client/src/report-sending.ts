/** Sending a report: the server's answer is a receipt, a refusal in words, or nothing at all. */

import { t } from "./i18n";

export interface Receipt {
  number: string;
  /** Page of the receipt; who has it sees the state. */
  address: string;
  /** Where to go on after sending: the same page, with what has to be told once. */
  next: string;
}

export interface Sending {
  address: string;
  form: FormData;
}

/** The server said no; the message says what to change. */
export class Refused extends Error {}

/** No answer: no network, or a server that is not up. Sending again with the same key is safe. */
export class Unreachable extends Error {}

/** A key of 128 random bits, so that however often it is sent one report comes of it. Works over plain http too. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function send(sending: Sending, progress: (share: number) => void = () => undefined): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", sending.address);
    request.setRequestHeader("Accept", "application/json");
    // A connection that hangs in a lift is no connection.
    request.timeout = 120_000;
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = request.ontimeout = () => reject(new Unreachable());
    request.onload = () => {
      if (request.status >= 502) return reject(new Unreachable());
      const body = read(request.responseText);
      if (request.status < 300 && body.address) return resolve({ number: body.number ?? "", address: body.address, next: body.next ?? body.address });
      reject(new Refused(body.detail || t("没有发出去（{status}）；请稍后再试。", { status: request.status })));
    };
    request.send(sending.form);
  });
}

function read(text: string): { number?: string; address?: string; next?: string; detail?: string } {
  try {
    return JSON.parse(text) as { number?: string; address?: string; next?: string; detail?: string };
  } catch {
    return {};
  }
}
