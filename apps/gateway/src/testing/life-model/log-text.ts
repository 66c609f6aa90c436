const LINE_BYTES = 24

/** Returns bytes `from` to `to` of a job's log. Every line differs, within a log and between jobs. */
export function logText(jobId: number, from: number, to: number): Buffer {
  const first = Math.floor(from / LINE_BYTES)
  const last = Math.ceil(to / LINE_BYTES)
  let text = ''
  for (let line = first; line < last; line++) {
    text += `job ${String(jobId).padStart(8)}:${String(line).padStart(10)}\n`
  }
  return Buffer.from(text).subarray(from - first * LINE_BYTES, to - first * LINE_BYTES)
}
