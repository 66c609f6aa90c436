/** Receives events of forges, and creates the pipelines that they ask for. */
export { awaitDelivery } from './await-delivery.ts'
export {
  HOOK_OUTCOMES,
  type HookDelivery,
  type HookPayload,
  type NewHookDelivery,
  type TakenHookDelivery,
} from './delivery.ts'
export { expireHookDeliveries } from './expire-hook-deliveries.ts'
export { HOOK_KINDS, isHookKind } from './forges.ts'
export { HOOKS_TOPIC, receiveDelivery } from './receive-delivery.ts'
export { approveDelivery, replayDelivery } from './replay-delivery.ts'
export { rotateHookSecret } from './rotate-hook-secret.ts'
export { tellOfPush } from './tell-of-push.ts'
export { workDeliveries } from './work-deliveries.ts'
