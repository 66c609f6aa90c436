/** Environments: where jobs deploy to, and how these are stopped. */
export { type Deployment, ENVIRONMENT_STATES, type Environment } from './environment.ts'
export { keepEnvironment } from './keep-environment.ts'
export { removeEnvironment } from './remove-environment.ts'
export { stopDueEnvironments } from './stop-due-environments.ts'
export { stopEnvironment } from './stop-environment.ts'
