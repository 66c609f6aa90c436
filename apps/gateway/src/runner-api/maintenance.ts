import type { SettingsStore } from '@yardmaster/domain/ports'
import type { Response } from 'express'
import { replyJson } from '../http/reply.ts'

const RETRY_AFTER_SECONDS = 60

/**
 * Answers 429 during maintenance, so that runners back off (`docs/protocol/common.md 11`). Returns whether it did.
 */
export async function underMaintenance(res: Response): Promise<boolean> {
  const settings: SettingsStore | undefined = res.locals.settings
  if (!settings || !(await settings.get()).maintenance) return false
  res.setHeader('Retry-After', RETRY_AFTER_SECONDS)
  replyJson(res, 429, { message: 'Executing database migrations. Please retry later.' })
  return true
}

/** Lets every endpoint check for maintenance at its place in the order of `docs/protocol/common.md 13`. */
export function askForMaintenance(res: Response, settings: SettingsStore): void {
  res.locals.settings = settings
}
