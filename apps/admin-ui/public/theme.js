// Before the first paint, so that a chosen theme never flashes; a file of its own because the policy allows no inline
// scripts. `lib/theme.ts` writes the value.
const chosen = localStorage.getItem('yardmaster-theme')
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
