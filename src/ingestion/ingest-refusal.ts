/** Why a request or one of its records is not taken, with the HTTP status that says so; `field` is what was wrong in it. */
export class IngestRefusal extends Error {
  constructor(
    readonly status: number,
    what: string,
    readonly field: string | null = null,
  ) {
    super(what);
    this.name = 'IngestRefusal';
  }
}
