/** How to reach things (index, proxy, certificates, agent, other programs' locks), never what a result is: a matter of each machine. */
export const REACH_VARIABLES =
  /^(PIP_.*|SSL_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|SSH_AUTH_SOCK|EDGELINE_CACHE|EDGELINE_LEASES)$/;
