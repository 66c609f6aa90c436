/** Answers the questions of the process that started this one, until it lets go (`../bare.ts`). */
export function answering<Question>(
  answer: (question: Question) => Promise<unknown>,
  close: () => Promise<void>,
): void {
  process.on('message', async ({ question }: { question: Question }) => {
    try {
      process.send?.({ answer: await answer(question) })
    } catch (error) {
      process.send?.({ failure: String(error) })
    }
  })
  process.once('disconnect', () => void close())
}
