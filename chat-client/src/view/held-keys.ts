/**
 * Lets a held Enter key press a button once. A browser repeats the key, and a press that opens a
 * question, or that moves the focus to another button, would answer or press that one too.
 */
export function ignoreHeldEnter(): void {
  document.addEventListener(
    'keydown',
    (event) => {
      const isButton = event.target instanceof Element && event.target.closest('button, summary, a') !== null;
      if (event.repeat && event.key === 'Enter' && isButton) event.preventDefault();
    },
    { capture: true },
  );
}
