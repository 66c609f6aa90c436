import type { Settings } from '../settings.ts'

export interface SettingsStore {
  get(): Promise<Settings>
  update(changes: Partial<Settings>): Promise<Settings>
  /** The instance's registration token; null when what is stored of it is damaged. */
  registrationToken(): Promise<string | null>
  /** Whether a token with this digest is the instance's registration token. */
  isRegistrationToken(digest: string): Promise<boolean>
  replaceRegistrationToken(token: string): Promise<void>
}
