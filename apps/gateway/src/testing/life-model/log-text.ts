const LINE_BYTES = 24

/** The log a job's runner has to tell, from byte `from` up to `to`: no two places of it, and no two jobs', are alike. */
export function logText(jobId: number, from: number, to: number): Buffer {
  const first = Math.floor(from / LINE_BYTES)
  const last = Math.ceil(to / LINE_BYTES)
  let text = ''
  for (let line = first; line < last; line++) {
    text += `job ${String(jobId).padStart(8)}:${String(line).padStart(10)}\n`
  }
  return Buffer.from(text).subarray(from - first * LINE_BYTES, to - first * LINE_BYTES)
}
