/**
 * Returns whether a text may be the name of a branch or a tag, by the rules of `git check-ref-format`. Such a name after
 * `refs/heads/` means nothing else to git.
 */
export const isRefName = (name: string): boolean =>
  name.length <= 1_024 &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids them.
  !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$|^\//.test(name) &&
  name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
