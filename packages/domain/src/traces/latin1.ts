/** Decodes text that has one character per byte. */
export const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
