/** Sends a request to an address configured by an administrator. */
export interface WebhookSender {
  /**
   * Returns the response's status and the first KiB of its body; a redirect is returned like any other response.
   * Rejects, with a sentence, when no response came within 10 s.
   */
  send(request: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }): Promise<{ status: number; body: string }>
}
