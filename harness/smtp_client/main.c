/*
 * The reference client as a program: one mail, or the driver.
 */
#include "harness/smtp_client/sender.h"

int main(int argc, char **argv)
{
    struct client_options options;
    int code;

    if (client_options_parse(&options, argc, argv) != 0)
        code = 2;
    else if (options.help)
        code = client_options_print_help();
    else if (options.driver)
        code = smtp_client_drive(0, 1);
    else
        code = sender_run(&options);
    client_options_release(&options);
    return code;
}
