#include "harness/smtp_client/mime.h"

#include "harness/smtp_client/mime_peer.h"
#include "harness/smtp_client/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* --- this end --- */

static void add_text(curl_mime *mime, const char *text, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    char *lines = text_with_crlf(text);

    curl_mime_data(part, lines, CURL_ZERO_TERMINATED);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
    free(lines);
}

static void add_texts(CURL *handle, curl_mime *mime, const struct smtp_mail *mail)
{
    static const char plain[] = "text/plain; charset=utf-8";
    static const char html[] = "text/html; charset=utf-8";
    curl_mime *both;
    curl_mimepart *part;

    if (mail->html == NULL || mail->text == NULL) {
        add_text(mime,
                 mail->html != NULL   ? mail->html
                 : mail->text != NULL ? mail->text
                                      : "",
                 mail->html != NULL ? html : plain);
        return;
    }
    both = curl_mime_init(handle);
    add_text(both, mail->text, plain);
    add_text(both, mail->html, html);
    part = curl_mime_addpart(mime);
    curl_mime_subparts(part, both);
    curl_mime_type(part, "multipart/alternative");
}

static int add_attachments(curl_mime *mime, const struct smtp_mail *mail, char *why,
                           size_t why_size)
{
    for (size_t i = 0; i < mail->n_attachments; i++) {
        const struct smtp_attachment *attachment = &mail->attachments[i];
        curl_mimepart *part = curl_mime_addpart(mime);

        if (curl_mime_filedata(part, attachment->file) != CURLE_OK) {
            snprintf(why, why_size, "%s: it cannot be attached: %s", attachment->file,
                     strerror(errno));
            return -1;
        }
        curl_mime_encoder(part, "base64");
        if (attachment->name != NULL)
            curl_mime_filename(part, attachment->name);
        if (attachment->type != NULL)
            curl_mime_type(part, attachment->type);
    }
    return 0;
}

static void set_options(CURL *handle, curl_mime *mime, struct curl_slist *headers,
                        struct curl_slist *to, const char *socket_name)
{
    curl_easy_setopt(handle, CURLOPT_URL, "smtp://127.0.0.1/x");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_ABSTRACT_UNIX_SOCKET, socket_name);
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, "x@x");
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_MIMEPOST, mime);
}

char *mime_render(const struct smtp_mail *mail, struct curl_slist *headers, size_t *size, char *why,
                  size_t why_size)
{
    CURL *handle = curl_easy_init();
    curl_mime *mime = curl_mime_init(handle);
    struct curl_slist *to = curl_slist_append(NULL, "x@x");
    struct mime_peer peer = { .listener = -1 };
    CURLcode code = CURLE_OK;
    char *message = NULL;

    add_texts(handle, mime, mail);
    if (add_attachments(mime, mail, why, why_size) != 0)
        goto out;
    if (mime_peer_open(&peer) != 0) {
        snprintf(why, why_size, "there is no socket: %s", strerror(errno));
        goto out;
    }
    set_options(handle, mime, headers, to, peer.name);
    code = curl_easy_perform(handle);
out:
    curl_easy_cleanup(handle);
    curl_mime_free(mime);
    curl_slist_free_all(to);
    mime_peer_join(&peer);
    if (peer.complete)
        message = mime_peer_take(&peer, size);
    if (code != CURLE_OK)
        snprintf(why, why_size, "the message cannot be made: %s", curl_easy_strerror(code));
    free(peer.bytes);
    return message;
}
