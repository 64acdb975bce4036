-- The script of wrk for POSTs with a small body.
wrk.method = "POST"
wrk.body = "hello, balance!"
wrk.headers["Content-Type"] = "text/plain"
