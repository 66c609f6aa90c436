import { err, ok, type Result } from '@yardmaster/common'
import type { HookDeliveryNotFound, HookDeliveryNotWaiting, HookDeliveryUnderWay } from '../errors.ts'
import type { HookDelivery } from './delivery.ts'
import { type HookPorts, LEASE_MS, workDelivery } from './work-delivery.ts'

/**
 * Works on a delivery from the beginning, whatever came of it before: pipelines that it created stay, and are joined by
 * new ones. That of a fork waits again unless it was approved.
 */
export async function replayDelivery(
  ports: HookPorts,
  id: number,
): Promise<Result<HookDelivery, HookDeliveryNotFound | HookDeliveryUnderWay>> {
  const taken = await ports.hooks.take(id, { leaseMs: LEASE_MS, approving: false })
  if (taken === null || taken === 'not_waiting') return err({ kind: 'hook_delivery_not_found', id })
  if (taken === 'under_way') return err({ kind: 'hook_delivery_under_way', id })
  const worked = await workDelivery(ports, taken)
  return worked ? ok(worked) : err({ kind: 'hook_delivery_under_way', id })
}

/** Approves the pipeline of a merge request from a fork, and creates it. */
export async function approveDelivery(
  ports: HookPorts,
  id: number,
): Promise<Result<HookDelivery, HookDeliveryNotFound | HookDeliveryUnderWay | HookDeliveryNotWaiting>> {
  const taken = await ports.hooks.take(id, { leaseMs: LEASE_MS, approving: true })
  if (taken === null) return err({ kind: 'hook_delivery_not_found', id })
  if (taken === 'not_waiting') return err({ kind: 'hook_delivery_not_waiting', id })
  if (taken === 'under_way') return err({ kind: 'hook_delivery_under_way', id })
  const worked = await workDelivery(ports, taken)
  return worked ? ok(worked) : err({ kind: 'hook_delivery_under_way', id })
}
