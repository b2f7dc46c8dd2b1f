-- what the client's browser can do
function IsBrowser(name)
  local agent = string.lower(HTTP_USER_AGENT or "");
  return string.find(agent, name, 1, true) ~= nil;
end

BROWSER_IS_MOBILE = IsBrowser("iphone") or IsBrowser("android");
BROWSER_IS_IE = IsBrowser("msie") or IsBrowser("trident");
