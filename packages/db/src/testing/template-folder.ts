import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The variable that names the folder in which the processes of one run share the template of databases in memory. */
export const TEMPLATE_FOLDER = 'TEST_TEMPLATE_FOLDER'

/** Runs before the first test. @returns a function that removes the folder after the last one. */
export default function makeTemplateFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-templates-'))
  process.env[TEMPLATE_FOLDER] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
