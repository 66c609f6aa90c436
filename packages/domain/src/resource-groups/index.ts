/** Resource groups: whose jobs run one at a time, and in which order. */
export { PROCESS_MODES, type ProcessMode, type ResourceGroup } from './resource-group.ts'
export { setProcessMode } from './set-process-mode.ts'
