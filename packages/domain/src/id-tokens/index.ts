/** Id tokens, with which jobs prove to other services what they are. */
export { ID_TOKEN_CLAIMS } from './claims.ts'
export { rotateSigningKeys } from './rotate-signing-keys.ts'
