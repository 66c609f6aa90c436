import type { Settings } from '../settings.ts'

export interface SettingsStore {
  get(): Promise<Settings>
  update(changes: Partial<Settings>): Promise<Settings>
  /** The instance's registration token. */
  registrationToken(): Promise<string>
  replaceRegistrationToken(token: string): Promise<void>
}
