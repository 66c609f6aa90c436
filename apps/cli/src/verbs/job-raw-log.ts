import { download } from '../download.ts'
import type { ExitStatus } from '../failure.ts'
import type { ServerTools } from '../tools.ts'

/** `job log --raw`: the bytes as they are stored, with section marks and escape sequences. */
export async function printRawLog({ connection, terminal }: ServerTools, id: number): Promise<ExitStatus> {
  for await (const piece of download(connection, `/download/jobs/${id}/trace`)) await terminal.out(piece)
  return 0
}
