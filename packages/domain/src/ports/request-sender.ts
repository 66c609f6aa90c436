/** Sends requests to addresses that administrators chose. */
export interface RequestSender {
  /**
   * Posts a body. Returns the answer's status, the headers that say when to ask again, and the first KiB of its body; a
   * redirect is returned like any other answer. Rejects, with a sentence, when no answer came within 10 s.
   */
  send(request: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }): Promise<SentAnswer>
}

export interface SentAnswer {
  readonly status: number
  /** By names in lower case: `retry-after`, `x-ratelimit-remaining`, `x-ratelimit-reset`, as far as they were sent. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
