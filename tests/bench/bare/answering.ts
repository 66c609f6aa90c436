/** Answers the questions of the process that started this one, until it lets go (`../bare.ts`). */
export function answering<Question>(
  answer: (question: Question) => Promise<unknown>,
  close: () => Promise<void>,
): void {
  process.on('message', async ({ question }: { question: Question }) => {
    const message = await answer(question).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ failure: String(error) }),
    )
    // Whoever asked may be gone by now.
    process.send?.(message, undefined, undefined, () => undefined)
  })
  process.once('disconnect', () => void close())
}
