/** The claims that an id token may have, in the words of the standard and of the reference. */
export const ID_TOKEN_CLAIMS = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'] as const
