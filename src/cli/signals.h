/* What signals do to the command. One that ends it first removes what is written under temporary
 * names; then it ends as by that signal. */
#ifndef LK_CLI_SIGNALS_H
#define LK_CLI_SIGNALS_H

/* From now on. Signals that are ignored, as under nohup, stay so. */
void cli_signals_catch(void);
/* From now on SIGINT, SIGTERM and SIGHUP only ask to end, once; the next one ends at once. */
void cli_signals_ask(void);
/* Such a signal, or 0. */
int cli_signals_asked(void);
/* Ends as by the signal that asked; returns if none did. */
void cli_signals_obey(void);

#endif
