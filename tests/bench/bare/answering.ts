/** Answers the questions of the parent process until it disconnects (`../bare.ts`). */
export function answering<Question>(
  answer: (question: Question) => Promise<unknown>,
  close: () => Promise<void>,
): void {
  process.on('message', async ({ question }: { question: Question }) => {
    const message = await answer(question).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ failure: String(error) }),
    )
    // The parent may have exited by now.
    process.send?.(message, undefined, undefined, () => undefined)
  })
  process.once('disconnect', () => void close())
}
