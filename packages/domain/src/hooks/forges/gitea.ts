import { z } from 'zod'
import type { Forge } from './forge.ts'
import { GITHUB_FIELDS, parseLikeGithub } from './github.ts'

const Fields = z.object(GITHUB_FIELDS)

/** A form is signed as if it were the JSON in it. @see https://docs.gitea.com/usage/webhooks */
export const gitea: Forge = {
  proof: { by: 'hmac', headers: ['x-gitea-signature'], prefix: '', ofJson: true },
  eventHeaders: ['x-gitea-event'],
  keyHeaders: ['x-gitea-delivery'],
  body: 'json',
  fields: Fields,
  parse: parseLikeGithub,
}

/** Sends the headers of Gitea as well, as older releases do alone. @see https://forgejo.org/docs/latest/user/webhooks */
export const forgejo: Forge = {
  proof: { by: 'hmac', headers: ['x-forgejo-signature', 'x-gitea-signature'], prefix: '', ofJson: true },
  eventHeaders: ['x-forgejo-event', 'x-gitea-event'],
  keyHeaders: ['x-forgejo-delivery', 'x-gitea-delivery'],
  body: 'json',
  fields: Fields,
  parse: parseLikeGithub,
}
