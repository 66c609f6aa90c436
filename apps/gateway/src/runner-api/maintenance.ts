import type { Ports } from '@yardmaster/domain'
import type { RequestHandler, Response } from 'express'
import { replyJson } from './reply.ts'

const RETRY_AFTER_SECONDS = 60

/**
 * Lets every endpoint ask, at its place in the order of `common.md` 13, whether the operator wants runners to back off.
 */
export function maintenanceSwitch({ settings }: Pick<Ports, 'settings'>): RequestHandler {
  const isOn = async (): Promise<boolean> => (await settings.get()).maintenance
  return (_req, res, next) => {
    res.locals.maintenanceIsOn = isOn
    next()
  }
}

/** True if the request was answered with 429, because of maintenance. */
export async function underMaintenance(res: Response): Promise<boolean> {
  const isOn: unknown = res.locals.maintenanceIsOn
  if (typeof isOn !== 'function' || !(await isOn())) return false
  res.setHeader('Retry-After', RETRY_AFTER_SECONDS)
  replyJson(res, 429, { message: 'Executing database migrations. Please retry later.' })
  return true
}
