import type { Admin } from './admin.ts'
import { expect } from './fixtures.ts'
import type { Reply } from './http.ts'
import type { TakenJob, Upload } from './taken-job.ts'
import { type ZipEntry, zipOf } from './zip.ts'

export const upload = async (job: TakenJob, bytes: Uint8Array | string, how: Upload = {}): Promise<void> => {
  const reply = await job.upload(bytes, how)
  expect(reply.status, reply.text).toBe(201)
}

export const download = (
  admin: Admin,
  jobId: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Reply> => admin.send(method, `/download/jobs/${jobId}/${path}`, headers)

export const ENTRIES: readonly ZipEntry[] = [
  { name: 'README.md', bytes: '# Hello\n' },
  { name: 'b/', stored: true, mode: 0o755 },
  { name: 'b/run.sh', bytes: '#!/bin/sh\n', mode: 0o755, stored: true },
  { name: 'b/deep/er/page.html', bytes: '<script>alert(1)</script>' },
  { name: 'Grüße "an" alle 🚂.txt', bytes: 'grüße' },
  { name: 'noext', bytes: 'x'.repeat(100_000) },
  { name: 'empty.txt', bytes: '' },
]
export const ARCHIVE = zipOf(ENTRIES)
