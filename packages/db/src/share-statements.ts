/**
 * Lets callers that come while a statement is under way share the next one, in their order of arrival. Each statement
 * begins after its callers came.
 *
 * @param run - returns an output for each input, in their order.
 * @param fits - returns whether one more input may join those that share a statement.
 */
export function shareStatements<Input, Output>(
  run: (together: readonly Input[]) => Promise<readonly Output[]>,
  fits: (together: readonly Input[], next: Input) => boolean,
): (input: Input) => Promise<Output> {
  interface Asked {
    readonly input: Input
    readonly resolve: (output: Output) => void
    readonly reject: (error: unknown) => void
  }
  const waiting: Asked[] = []
  let isRunning = false

  async function runNext(): Promise<void> {
    const together: Asked[] = []
    for (let next = waiting[0]; next; next = waiting[0]) {
      const inputs = together.map(({ input }) => input)
      if (together.length > 0 && !fits(inputs, next.input)) break
      together.push(next)
      waiting.shift()
    }
    try {
      const outputs = await run(together.map(({ input }) => input))
      for (const [index, { resolve }] of together.entries()) resolve(outputs[index] as Output)
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  async function runAll(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) await runNext()
    isRunning = false
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      if (!isRunning) void runAll()
    })
}
