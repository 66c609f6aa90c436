/**
 * Learns which keys have changed, of those that a connection has read with tracking. Redis sends this to another
 * connection, the one that receives events: https://redis.io/docs/latest/develop/reference/client-side-caching/
 */
export interface KeyChangeListener {
  /** Changes are reported from now on to the connection with this `CLIENT ID`. */
  opened(clientId: number): void
  /** These keys have changed; null means all keys. Reported in order with the events. */
  changed(keys: readonly string[] | null): void
  /** No changes are reported any more, and some may have been missed. */
  lost(): void
}

/** Receives key changes. */
export interface KeyChanges {
  /** Reports all further changes to this listener, and `opened` at once when changes arrive already. */
  reportKeyChanges(listener: KeyChangeListener): void
}

/** The channel on which Redis reports changed keys to a connection that speaks RESP2. */
export const KEY_CHANGES = '__redis__:invalidate'

/** Reads the message of this channel: a list of keys, or nothing when all keys went at once. */
export const readKeyChanges = (message: Buffer | readonly Buffer[] | null): readonly string[] | null =>
  Array.isArray(message) ? message.map(String) : null
