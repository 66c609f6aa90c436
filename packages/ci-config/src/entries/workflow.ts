import { Dict } from '../yaml/tree.ts'
import { type Check, checkKeys } from './at.ts'
import { checkAutoCancel } from './auto-cancel.ts'
import { member, OwnFaults } from './own-faults.ts'
import { checkRules, WORKFLOW_RULES } from './rules.ts'

const MAX_NAME = 255

/** Checks `workflow`. */
export const checkWorkflow: Check = (value, at) => {
  const own = new OwnFaults(at)
  own.map(value)
  own.map(value)
  own.allowedKeys(value, ['rules', 'name', 'auto_cancel'])
  const name = member(value, 'name')
  if (name !== undefined) own.maximumLength(name, MAX_NAME, 'name')
  if (own.found.length > 0 || !(value instanceof Dict)) return own.found
  return checkKeys(value, at, { rules: checkRules(WORKFLOW_RULES), auto_cancel: checkAutoCancel })
}
