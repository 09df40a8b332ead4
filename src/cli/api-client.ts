import type { Progress } from '../ingestion/reconcile.js';

/** The running process refused a call; `message` is for people. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }
}

interface ProblemDetails {
  readonly status?: number;
  readonly detail?: string;
}

/** Calls the API of a process that works on the data folder. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** Thrown: `ApiProblem`. */
  async get<T>(path: string): Promise<T> {
    return (await (await this.call('GET', path)).json()) as T;
  }

  /** Thrown: `ApiProblem`. */
  async post<T>(path: string, body: object = {}): Promise<T> {
    return (await (await this.call('POST', path, body)).json()) as T;
  }

  /** All items of a paged list, oldest page last. */
  async *list<T>(path: string): AsyncGenerator<T> {
    let cursor: string | null = null;
    do {
      const page: { items: T[]; next: string | null } = await this.get(
        `${path}${path.includes('?') ? '&' : '?'}limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      yield* page.items;
      cursor = page.next;
    } while (cursor !== null);
  }

  /** Starts a long operation and follows its lines to the result. Thrown: `ApiProblem`. */
  async run<T>(path: string, onProgress: Progress): Promise<T> {
    const answer = await this.call('POST', path, {});
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = JSON.parse(text.slice(0, end)) as { progress?: { done: number; of: number; what: string }; result?: T; problem?: ProblemDetails };
        text = text.slice(end + 1);
        if (line.progress) onProgress(line.progress.done, line.progress.of, line.progress.what);
        if (line.problem) throw toApiProblem(line.problem.status ?? 500, line.problem);
        if (line.result !== undefined) return line.result;
      }
    }
    throw new ApiProblem(500, 'the process ended before it was done');
  }

  private async call(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw toApiProblem(answer.status, (await answer.json().catch(() => ({}))) as ProblemDetails);
    return answer;
  }
}

function toApiProblem(status: number, problem: ProblemDetails): ApiProblem {
  return new ApiProblem(status, problem.detail ?? `status ${status}`);
}
