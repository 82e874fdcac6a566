import { createContext, type RefObject } from 'react'

/** The page's main landmark: what pops up over the page still belongs to it for a screen reader. */
export const mainLayer: RefObject<HTMLElement | null> = { current: null }

/**
 * Where tooltips, menus and popovers are put. Inside a dialog it is null: they then go into the dialog itself,
 * because everything beside an open dialog is hidden from assistive technology.
 */
export const PopupLayer = createContext<RefObject<HTMLElement | null> | null>(mainLayer)
