"""libcurl on GnuTLS, through pycurl, as a driver (README.md). One easy handle sends all mails, as an application would have it:
its connections and sessions live on, its options are set anew."""
import json
import sys

import pycurl

# Of others the server tells more.
OUTCOMES = {7: "connect-failed", 28: "timeout", 58: "tls-failed", 60: "tls-failed", 64: "no-starttls"}
SECURITY = {"required": pycurl.USESSL_ALL, "optional": pycurl.USESSL_TRY, "none": pycurl.USESSL_NONE}


def set_options(curl, asked, message):
    implicit = asked["mode"] == "implicit"
    curl.setopt(pycurl.URL, "%s://%s:%d/%s" % ("smtps" if implicit else "smtp", asked["host"], asked["port"],
                                               asked.get("domain", "client.example.test")))
    curl.setopt(pycurl.RESOLVE, ["%s:%d:%s" % (asked["host"], asked["port"], asked["address"])])
    curl.setopt(pycurl.USE_SSL, SECURITY[asked["security"]])
    curl.setopt(pycurl.CAINFO, asked["trust"])
    if asked["certificates"]:
        curl.setopt(pycurl.SSLCERT, asked["certificates"][0]["cert"])
        curl.setopt(pycurl.SSLKEY, asked["certificates"][0]["key"])
    curl.setopt(pycurl.MAIL_FROM, asked["from"].encode())
    curl.setopt(pycurl.MAIL_RCPT, [to.encode() for to in asked["to"]])
    curl.setopt(pycurl.TIMEOUT_MS, asked["timeout_ms"])
    curl.setopt(pycurl.UPLOAD, 1)
    curl.setopt(pycurl.READDATA, message)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.FRESH_CONNECT, asked["own_connection"])


def send(curl, asked):
    curl.reset()
    with open(asked["message"], "rb") as message:
        set_options(curl, asked, message)
        try:
            curl.perform()
        except pycurl.error as error:
            code, text = error.args
            answer = {"error": text}
            if code in OUTCOMES:
                answer["outcome"] = OUTCOMES[code]
            return answer
    return {"outcome": "delivered"}


curl = pycurl.Curl()
for line in sys.stdin:
    asked = json.loads(line)
    if asked["new_client"]:
        curl.close()
        curl = pycurl.Curl()
    print(json.dumps(dict(send(curl, asked), step=asked["step"])), flush=True)
curl.close()
