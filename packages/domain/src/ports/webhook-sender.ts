/** Sends a request of ours to where an administrator wants it. */
export interface WebhookSender {
  /**
   * The answer's status and the first KiB of its body; a redirection is an answer like any other. Rejects, with a
   * sentence, when none came within 10 s.
   */
  send(request: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }): Promise<{ status: number; body: string }>
}
