/** Manages the passwords of `git` over HTTP. */
export { createProjectToken } from './create-project-token.ts'
export { type ProjectToken, TOKEN_ACCESSES } from './project-token.ts'
export { revokeProjectToken } from './revoke-project-token.ts'
