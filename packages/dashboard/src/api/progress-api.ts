/** Where a token comes from. Asked again whenever the service refuses the last one. */
export type GetToken = () => string | Promise<string>;

export interface ProgressApi {
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
}

export class RequestFailedError extends Error {
  override readonly name = "RequestFailedError";
  readonly status: number;

  constructor(status: number, path: string) {
    super(`${path} was answered with ${status}`);
    this.status = status;
  }
}

/** `null` where the service says that there is no such thing. */
export async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  return answer.catch((error: unknown) => {
    if (error instanceof RequestFailedError && error.status === 404) return null;
    throw error;
  });
}

const timeoutMs = 15_000;

/** Reads of the service. The token travels in a header only: addresses end up in logs and histories. */
export function connectApi(endpoint: string, getToken: GetToken | undefined): ProgressApi {
  const base = endpoint.replace(/\/+$/, "");

  async function request(path: string, signal: AbortSignal): Promise<Response> {
    const token = await getToken?.();
    return fetch(base + path, {
      headers: { accept: "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
      signal,
    });
  }

  return {
    async get<Answer>(path: string, signal?: AbortSignal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
      let response = await request(path, either);
      if (response.status === 401 && getToken) response = await request(path, either);
      if (!response.ok) throw new RequestFailedError(response.status, path);
      return (await response.json()) as Answer;
    },
  };
}
