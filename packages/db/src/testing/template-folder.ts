import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Names the folder in which the processes of one run share the template of their databases in memory. */
export const TEMPLATE_FOLDER = 'TEST_TEMPLATE_FOLDER'

/** Before the first test. @returns removes the folder, after the last one. */
export default function makeTemplateFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-templates-'))
  process.env[TEMPLATE_FOLDER] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
