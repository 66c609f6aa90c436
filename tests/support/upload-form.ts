import type { Artifact } from './api.ts'
import { test as base } from './fixtures.ts'
import type { Multipart, Part } from './multipart.ts'
import type { TakenJob, Upload } from './taken-job.ts'
import { zipOf } from './zip.ts'

/** `artifacts` lists a job's artifacts with the admin API. */
export const test = base.extend<{ artifacts: (jobId: number) => Promise<Artifact[]> }>({
  artifacts: async ({ admin }, use) => use((jobId) => admin.query('artifacts.list', { jobId })),
})

export const ARCHIVE = zipOf([{ name: 'out/result.txt', bytes: 'done\n' }])
export const FILE: Part = {
  name: 'file',
  filename: 'artifacts.zip',
  contentType: 'application/octet-stream',
  content: ARCHIVE,
}

export const form = (job: TakenJob, { contentType, body }: Multipart, how: Upload = {}) =>
  job.post(body, { ...how, headers: { 'Content-Type': contentType, ...how.headers } })
