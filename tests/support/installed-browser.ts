import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Finds this machine's Chromium: `CHROMIUM_BIN`, or one on the PATH. Undefined makes Playwright use its own. */
export function installedBrowser(): string | undefined {
  const { CHROMIUM_BIN, PATH = '' } = process.env
  if (CHROMIUM_BIN) return CHROMIUM_BIN
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
