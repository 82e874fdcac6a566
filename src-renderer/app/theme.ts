import { appStore } from '../state/app-store.ts'
import { preferencesStore } from '../state/preferences.ts'

/** Keeps the document's theme and candle colours in step with the preferences and, where they say so, the system. */
export function followTheme(): void {
  const systemIsLight = window.matchMedia('(prefers-color-scheme: light)')
  const apply = () => {
    const { theme: wish = 'system', candleColours = 'green-red' } = preferencesStore.getState()
    const theme = wish === 'system' ? (systemIsLight.matches ? 'light' : 'dark') : wish
    document.documentElement.dataset.theme = theme
    document.documentElement.dataset.candles = candleColours
    if (appStore.getState().theme !== theme) appStore.setState({ theme })
  }
  systemIsLight.addEventListener('change', apply)
  preferencesStore.subscribe(apply)
  apply()
}
