import { createStore } from 'zustand/vanilla'

/** The bar under the crosshair; changes with every move of the pointer, so it stands alone. */
export const cursorStore = createStore<{ readonly bar: number | null }>(() => ({ bar: null }))
