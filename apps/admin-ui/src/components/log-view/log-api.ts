import { client, leaveIfSignedOut } from '../../lib/api.ts'
import type { LogApi } from './log-source.ts'

/** Reads a job's log from the gateway. */
export const logApi = (jobId: number): LogApi => ({
  lines: (place, signal) => signedIn(client.traces.lines.query({ jobId, ...place }, { signal })),
  outline: (signal) => signedIn(client.traces.outline.query({ jobId }, { signal })),
  watch(from, on) {
    let complete = false
    const subscription = client.traces.watch.subscribe(
      { jobId, from },
      {
        onData({ id, data }) {
          complete = data.complete
          on.step({ ...data, bytes: Number(id) - data.from })
        },
        onConnectionStateChange({ state, error }) {
          if (state === 'pending') on.state('open')
          else if (state === 'connecting' && error) on.state('broken')
        },
        onError(error) {
          leaveIfSignedOut(error)
          on.lost()
        },
        // A gateway that shuts down ends the stream cleanly, although the log is not over.
        onComplete() {
          if (!complete) on.lost()
        },
      },
    )
    return () => subscription.unsubscribe()
  },
})

export async function signedIn<Output>(answer: Promise<Output>): Promise<Output> {
  try {
    return await answer
  } catch (error) {
    leaveIfSignedOut(error)
    throw error
  }
}
