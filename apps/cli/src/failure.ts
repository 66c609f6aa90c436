/** 1: usage or local trouble. 2: the server refused or is away. 3: a job failed. 130: interrupted. */
export type ExitStatus = 0 | 1 | 2 | 3 | 130 | 141

/** Why a verb ends, in words for the user. */
export class Failure extends Error {
  override name = 'Failure'
  readonly status: Exclude<ExitStatus, 0>
  /** The command to try next, or a sentence about it; null when there is nothing to try. */
  readonly next: string | null

  constructor(status: Exclude<ExitStatus, 0>, message: string, next: string | null = null) {
    super(message)
    this.status = status
    this.next = next
  }
}

/** A fault of the arguments, or of this machine. */
export const localFailure = (message: string, next: string | null = null): Failure => new Failure(1, message, next)

/** The server refused, or did not answer as it should. */
export const serverFailure = (message: string, next: string | null = null): Failure => new Failure(2, message, next)

/** The server did not answer, so that the same request may do later. */
export class Away extends Failure {
  constructor(message: string, next: string) {
    super(2, message, next)
  }
}

/** Ctrl+C. */
export class Interrupted extends Failure {
  constructor() {
    super(130, 'Interrupted.')
  }
}
